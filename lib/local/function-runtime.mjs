// Runs one handler in a process of its own, as Lambda does: it gets events by message, one at a time, and ends with its parent.
// Plain JavaScript, because the process has nothing but Node and the bundle.
const { handler } = await import(process.env.KEYTURN_BUNDLE);
delete process.env.KEYTURN_BUNDLE;

process.on('disconnect', () => process.exit(0));
process.on('message', async ({ event, deadline, invokedFunctionArn }) => {
  const context = { invokedFunctionArn, getRemainingTimeInMillis: () => deadline - Date.now() };
  try {
    process.send({ payload: (await handler(event, context)) ?? null });
  } catch (error) {
    process.send({
      error: {
        errorType: error?.name ?? 'Error',
        errorMessage: error?.message ?? 'The function threw something that is no error.',
      },
    });
  }
});
process.send('ready');
