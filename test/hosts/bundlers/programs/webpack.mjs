// webpack has no command without a further package: `target` and `entry`, no more.
import webpack from 'webpack';

const [entry, path] = process.argv.slice(2);
webpack(
  {
    mode: 'production',
    target: 'node',
    context: process.cwd(),
    entry,
    output: { path, filename: 'main.cjs' },
  },
  (error, stats) => {
    if (error !== null || stats.hasErrors()) {
      console.error(error ?? stats.toString({ errors: true, all: false }));
      process.exitCode = 1;
    }
  },
);
