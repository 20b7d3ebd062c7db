/** A browser cannot know inside which call another call was made. */
export class TurnScope<T> {
	readonly knows = false;
	readonly current: T | undefined = undefined;

	run<R>(_: T, task: () => Promise<R>): Promise<R> {
		return task();
	}
}
