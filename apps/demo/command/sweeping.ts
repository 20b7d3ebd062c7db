import type { Store } from "../store/open-store.ts";
import type { Log } from "../worker/log.ts";

const EVERY_MS = 10_000;

/** Removes objects that are named no more, again and again, until it is disposed of. */
export function keepSweeping({ objects }: Store, log: Pick<Log, "warn">): AsyncDisposable {
	let sweeping = Promise.resolve();
	const sweep = async () => {
		try {
			await objects?.sweep();
		} catch (error) {
			log.warn({ err: error }, "objects were not removed, and are later");
		}
	};
	const timer = setInterval(() => {
		sweeping = sweeping.then(sweep);
	}, EVERY_MS);
	return {
		async [Symbol.asyncDispose]() {
			clearInterval(timer);
			await sweeping;
		},
	};
}
