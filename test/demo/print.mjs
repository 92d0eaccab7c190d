// Prints one result of the demo.
const ms = (value) => `${value < 1 ? value.toFixed(3) : value.toFixed(0)} ms`;

export function printSuccess(answer) {
  console.log(`\n  ${answer.name}`);
  console.log(`    identity    ${answer.became}`);
  console.log(`    expires     ${answer.ends}`);
  console.log(`    object      ${answer.where}, ${answer.good ? '' : 'NOT '}${answer.how}`);
  if (answer.coldMs !== undefined)
    console.log(`    cold call   ${ms(answer.coldMs)}, warm call ${ms(answer.warmMs)}`);
  if (answer.loginMs !== undefined) console.log(`    login       ${ms(answer.loginMs)}`);
}

export function printRefusal(answer) {
  console.log(`\n  ${answer.name}: refused with ${answer.refused.code}`);
  console.log(`    ${answer.refused.message}`);
}
