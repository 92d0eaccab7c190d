import express from 'express';
import { askClouds } from './ask-clouds.mjs';

const app = express();
app.get('/clouds', async (request, response) => response.json(await askClouds()));
const server = app.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
