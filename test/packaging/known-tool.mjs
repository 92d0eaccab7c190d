// Stands for another party's program: `node known-tool.mjs aws iam get-role --role-name shop`. It takes the commands and options
// below, which the real program has, and refuses everything else. KNOWN_TOOL_ANSWERS names a JSON file with what it prints.
import { readFileSync } from 'node:fs';

const NAME = /^[\w.@-]+$/;
const ROLE = /^roles\/[\w.]+$/;
const MEMBER = /^(?:serviceAccount:[\w.@-]+|principal(?:Set)?:\/\/iam\.googleapis\.com\/projects\/\d+\/\S+)$/;
const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const JSON_TEXT = { test: (text) => Array.isArray(JSON.parse(text).Statement) };
const FEDERATED_CREDENTIAL = {
  test: (text) => Object.keys(JSON.parse(text)).sort().join() === 'audiences,issuer,name,subject',
};

/** By command: its operands, its required options and its other options, each with what its value must be; `true`: no value. */
const TOOLS = {
  aws: {
    'ec2 authorize-security-group-ingress': {
      required: {
        '--group-id': /^sg-[\da-f]+$/,
        '--protocol': /^tcp$/,
        '--port': /^\d+$/,
        '--cidr': /^[\d.]+\/\d+$/,
      },
    },
    other: { '--region': NAME, '--output': NAME, '--query': /./, '--profile': NAME },
    'iam get-role': { required: { '--role-name': NAME } },
    'iam put-role-policy': {
      required: { '--role-name': NAME, '--policy-name': NAME, '--policy-document': JSON_TEXT },
    },
    'rds modify-db-instance': {
      required: { '--db-instance-identifier': NAME },
      other: {
        '--enable-iam-database-authentication': true,
        '--publicly-accessible': true,
        '--apply-immediately': true,
      },
    },
    'rds modify-db-cluster': {
      required: { '--db-cluster-identifier': NAME },
      other: { '--enable-iam-database-authentication': true, '--apply-immediately': true },
    },
    'rds describe-db-instances': { other: { '--db-instance-identifier': NAME } },
    'rds describe-db-clusters': { other: { '--db-cluster-identifier': NAME } },
    's3 ls': { operands: [/^s3:\/\//], least: 0, needs: 'AWS_SESSION_TOKEN' },
  },
  gcloud: {
    other: { '--project': NAME, '--format': /^json$|^value\(.+\)$/, '--quiet': true },
    'iam workload-identity-pools providers describe': {
      operands: [NAME],
      required: { '--workload-identity-pool': NAME, '--location': /^global$/ },
    },
    'iam service-accounts create': { operands: [NAME] },
    'iam service-accounts get-iam-policy': { operands: [NAME] },
    'iam service-accounts add-iam-policy-binding': {
      operands: [NAME],
      required: { '--role': ROLE, '--member': MEMBER },
      other: { '--condition': /./ },
    },
    'services enable': {
      operands: [/^[a-z]+\.googleapis\.com$/, /^[a-z]+\.googleapis\.com$/, /^[a-z]+\.googleapis\.com$/],
      least: 1,
    },
    'projects get-ancestors-iam-policy': { operands: [NAME] },
    'run services add-iam-policy-binding': {
      operands: [NAME],
      required: { '--role': ROLE, '--member': MEMBER, '--region': NAME },
    },
    'run services update': {
      operands: [NAME],
      required: { '--region': NAME },
      other: { '--add-custom-audiences': /^https:\/\/[\w.-]+$/, '--ingress': /^all$/ },
    },
    'run services describe': { operands: [NAME], required: { '--region': NAME } },
    'storage buckets add-iam-policy-binding': {
      operands: [/^gs:\/\/[\w.-]+$/],
      required: { '--role': ROLE, '--member': MEMBER },
    },
  },
  az: {
    other: { '--output': NAME, '-o': NAME, '--query': /./, '--subscription': NAME },
    'ad app federated-credential create': {
      required: { '--id': GUID, '--parameters': FEDERATED_CREDENTIAL },
    },
    'ad app federated-credential list': { required: { '--id': GUID } },
    'role assignment create': {
      required: {
        '--assignee': GUID,
        '--role': /^[A-Z][\w ]+$/,
        '--scope': /^\/subscriptions\/[\da-f-]{36}(?:\/|$)/,
      },
    },
  },
  terraform: { plan: { needs: 'GOOGLE_OAUTH_ACCESS_TOKEN' } },
  vercel: {
    link: {},
    login: {},
    deploy: { other: { '--prod': true } },
    'env pull': { operands: [/^\.env[\w.]*$/], least: 0 },
    'env add': { operands: [/^[A-Z_]+$/, NAME] },
  },
};

const [, , tool, ...argv] = process.argv;

function refuse(reason) {
  process.stderr.write(`${tool} ${argv.join(' ')}: ${reason}\n`);
  process.exit(64);
}

const { other: common = {}, ...commands } = TOOLS[tool];
const name = Object.keys(commands).find((words) => `${argv.join(' ')} `.startsWith(`${words} `));
if (name === undefined) refuse('no such command');
const { operands = [], least = operands.length, required = {}, other = {}, needs } = commands[name];
const options = { ...common, ...other, ...required };

const given = [];
const seen = new Set();
for (const words = argv.slice(name.split(' ').length); words.length > 0;) {
  const word = words.shift();
  if (!word.startsWith('-')) {
    given.push(word);
    continue;
  }
  const [, option, , joined] = /^([^=]+)(=([^]*))?$/.exec(word);
  if (!Object.hasOwn(options, option)) refuse(`no option ${option}`);
  seen.add(option);
  if (options[option] === true) continue;
  const value = joined ?? words.shift() ?? '';
  if (!options[option].test(value)) refuse(`${option} takes no ${value}`);
}
for (const option of Object.keys(required)) if (!seen.has(option)) refuse(`${option} is missing`);
if (given.length < least || given.length > operands.length) refuse(`${given.length} operands`);
given.forEach((word, at) => operands[at].test(word) || refuse(`no operand ${word}`));
if (needs !== undefined && (process.env[needs] ?? '') === '') refuse(`${needs} is not set`);

const answers = JSON.parse(readFileSync(process.env.KNOWN_TOOL_ANSWERS ?? '', 'utf8'));
if (Object.hasOwn(answers, `${tool} ${name}`)) console.log(JSON.stringify(answers[`${tool} ${name}`]));
