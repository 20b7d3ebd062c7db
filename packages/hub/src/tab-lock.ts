interface Locks {
	request<T>(name: string, options: object, task: (lock: object | null) => Promise<T>): Promise<T>;
}

/**
 * Runs `task` while no other tab of this origin does so under the same name. Browsers without locks run it at once.
 * @throws the signal's reason, if it fires while this waits for another tab
 */
export async function withTabLock<T>(
	name: string,
	{ onOther, signal }: { onOther: () => void; signal: AbortSignal | undefined },
	task: () => Promise<T>,
): Promise<T> {
	const locks = (globalThis.navigator as { locks?: Locks } | undefined)?.locks;
	if (!locks) return task();
	const done = await locks.request(name, { ifAvailable: true }, async (lock) => lock && { result: await task() });
	if (done) return done.result;
	onOther();
	return locks.request(name, signal ? { signal } : {}, () => task());
}
