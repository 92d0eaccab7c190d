// The least that an exchange can cost: the same form by node:https.
import { request } from 'node:https';
import { input } from './measured.mjs';

/** @returns {Promise<string>} */
export const post = (url, headers, body) =>
  new Promise((resolve, reject) => {
    request(
      url,
      { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      },
    )
      .on('error', reject)
      .end(body);
  });

export const postForm = (url, fields) =>
  post(url, { 'content-type': 'application/x-www-form-urlencoded' }, new URLSearchParams(fields).toString());

export const { token } = input;
