const { answers } = require('./ask.js');

void answers().then((found) => console.log(JSON.stringify(found)));
