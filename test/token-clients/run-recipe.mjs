// Runs one example of the README in a process: argument 1 is the example's module. It prints what the example returned.
/** Drivers write their log to the same stream. */
const log = (text) => console.log(`\nrecipe: ${text}`);

const recipe = await import(process.argv[2]);
try {
  if (recipe.ask !== undefined) log(JSON.stringify([await recipe.ask(), await recipe.ask()]));
  else if (recipe.mongo !== undefined) {
    const { ok } = await recipe.mongo.db('shop').command({ ping: 1 });
    await recipe.mongo.close();
    log(JSON.stringify(ok));
  } else if (recipe.connectToSnowflake !== undefined) {
    // It asks the certificates' own authorities, which are outside.
    const { default: snowflake } = await import('snowflake-sdk');
    snowflake.configure({ disableOCSPChecks: true, logLevel: 'OFF' });
    const connection = await recipe.connectToSnowflake();
    log(JSON.stringify(connection.isUp()));
  } else {
    const client = await recipe.connectToDatabricks();
    // The party ends the session that follows the exchange.
    log(
      JSON.stringify(
        await client.openSession().then(
          () => 'opened',
          (error) => error.message,
        ),
      ),
    );
  }
} catch (error) {
  log(JSON.stringify({ error: String(error?.stack ?? error), code: error?.code ?? error?.cause?.code }));
}
process.exit(0);
