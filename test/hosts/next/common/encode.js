/** Answers as a text that HTML leaves as it is. */
export const encode = (answers) => `answers:${Buffer.from(JSON.stringify(answers)).toString('base64')}:end`;
