/** A browser cannot tell which call another was made within. */
export class TurnScope<T> {
	readonly knows = false;
	readonly current: T | undefined = undefined;

	run<R>(_: T, task: () => Promise<R>): Promise<R> {
		return task();
	}
}
