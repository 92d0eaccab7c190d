// This project's own linter rules. Their tables are in scripts/arrows.mjs.
import { AMBIENT, RUNTIME_IMPORT, judge, missingPlace, place } from './arrows.mjs';

/** Every form in which a module refers to another one, including `import('x')` in types. */
const arrows = {
  create(context) {
    const from = place(context.filename);
    if (from === undefined) return {};
    const check = (node, source, isLazy = false) => {
      if (typeof source?.value !== 'string') {
        context.report({ node, message: 'Import a literal specifier, so that it can be checked.' });
        return;
      }
      const message = judge(from, source.value, isLazy);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      Program(node) {
        const message = missingPlace(from);
        if (message !== undefined) context.report({ node, message });
      },
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression(node) {
        if (`${from.packageName}/${from.module}` !== RUNTIME_IMPORT) check(node, node.source, true);
      },
      CallExpression(node) {
        if (node.callee.name === 'importAtRuntime') check(node, node.arguments[0], true);
      },
      // A type import is erased, so it counts as a late import.
      TSImportType: (node) => check(node, node.source ?? node.argument, true),
      TSExternalModuleReference: (node) => check(node, node.expression),
    };
  },
};

const noExportStar = {
  create: (context) => ({
    ExportAllDeclaration(node) {
      context.report({ node, message: 'List the exported names: `export *` may publish names by accident.' });
    },
  }),
};

/** `require` in any form, including `createRequire` and `module`: the other checks do not see what it loads. */
const noRequire = {
  create: (context) => ({
    CallExpression(node) {
      if (node.callee.type !== 'Identifier' || !/^(require|createRequire)$/.test(node.callee.name)) return;
      context.report({ node, message: 'Use import: no other check sees what require() loads.' });
    },
  }),
};

const TIMERS = ['setImmediate', 'setInterval', 'setTimeout'];
const AMBIENT_NAMES = new Set([...TIMERS, 'console', 'fetch', 'performance', 'process']);
const CLOCKS_AND_DICE = new Set(['Date.now', 'Math.random', 'crypto.getRandomValues', 'crypto.randomUUID']);

/** The clock, randomness, timers, the environment and the network are options. Only the modules in the table use globals. */
const noAmbient = {
  create(context) {
    const from = place(context.filename);
    if (from === undefined || from.isTest) return {};
    const allowed = AMBIENT[`${from.packageName}/${from.module}`] ?? [];
    const refuse = (node, name, shown = name) => {
      if (allowed.includes(name)) return;
      const message = `${shown} is a global: take it as an option, or list this module in scripts/arrows.mjs.`;
      context.report({ node, message });
    };
    const isGlobal = (node, name) =>
      node.type === 'Identifier' && node.name === name && context.sourceCode.isGlobalReference(node);
    const isType = (node) => node.parent.type.startsWith('TS') && !node.parent.type.endsWith('Expression');
    return {
      Identifier(node) {
        if (!AMBIENT_NAMES.has(node.name) || isType(node) || !context.sourceCode.isGlobalReference(node))
          return;
        refuse(node, node.name);
      },
      MemberExpression(node) {
        if (node.computed) return;
        const { name } = node.property;
        // Including casts: `(globalThis as X).process`.
        let object = node.object;
        while (object.expression !== undefined) object = object.expression;
        if (object.type !== 'Identifier') return;
        if (object.name === 'globalThis' && AMBIENT_NAMES.has(name)) refuse(node, name, `globalThis.${name}`);
        const shown = `${object.name}.${name}`;
        if (CLOCKS_AND_DICE.has(shown) && isGlobal(object, object.name)) refuse(node, object.name, shown);
      },
      // `new Date(ms)` only converts. `new Date()` and `Date()` read the clock.
      NewExpression(node) {
        if (node.arguments.length === 0 && isGlobal(node.callee, 'Date')) refuse(node, 'Date', 'new Date()');
      },
      CallExpression(node) {
        if (isGlobal(node.callee, 'Date')) refuse(node, 'Date', 'Date()');
      },
    };
  },
};

export default {
  meta: { name: 'credex' },
  rules: { arrows, 'no-ambient': noAmbient, 'no-export-star': noExportStar, 'no-require': noRequire },
};
