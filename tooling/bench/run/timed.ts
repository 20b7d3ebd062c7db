export async function timed<T>(run: () => Promise<T>): Promise<{ seconds: number; result: T }> {
	const start = performance.now();
	const result = await run();
	return { seconds: (performance.now() - start) / 1000, result };
}
