// A vitest reporter that leaves the sum of a run in the file named by CREDEX_SUM_FILE. scripts/run.mjs prints it once
// vitest has ended, so that no other line comes after it.
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
