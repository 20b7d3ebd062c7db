/** What a promise is rejected with; undefined where it is fulfilled. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
	promise.then(
		() => undefined,
		(error: unknown) => error,
	);
