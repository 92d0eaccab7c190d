// A vitest reporter that writes the sum of a run to the file CREDEX_SUM_FILE. scripts/run.mjs prints it after vitest has
// exited, so that it is the last line.
import { writeFileSync } from 'node:fs';

/** Errors outside a test (in a hook, while a file loads) fail the run as well, so each counts as one. */
function failuresOutsideTests(module) {
  let count = module.errors().length;
  for (const suite of module.children.allSuites()) count += suite.errors().length;
  return count;
}

export default class SumReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const sum = { passed: 0, failed: unhandledErrors.length };
    for (const module of modules) {
      sum.failed += failuresOutsideTests(module);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed') sum[state] += 1;
      }
    }
    if (process.env.CREDEX_SUM_FILE) writeFileSync(process.env.CREDEX_SUM_FILE, JSON.stringify(sum));
  }
}
