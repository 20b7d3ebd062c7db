import { setTimeout } from "node:timers/promises";
import pg from "pg";

/** How often the connection is tried, since a network may drop it and tell nobody, and how long an answer may take. */
const CHECK_MS = 10_000;
const ANSWER_MS = 5000;
/** Pauses between tries to connect again: doubled from the first up to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 10_000;

interface Connection {
	/** When it is lost, or no longer wanted. */
	readonly over: Promise<void>;
	close(): Promise<void>;
}

/**
 * Hears a channel of a Postgres server on a connection of its own, and connects again whenever that is lost, until the
 * function returned is called.
 * @param onGap called when it hears again: it missed what was sent in between
 * @throws what the first connecting throws
 */
export async function keepListening(
	open: () => pg.Client,
	channel: string,
	onPayload: (payload: string) => void,
	onGap: () => void,
): Promise<() => Promise<void>> {
	const stopping = new AbortController();
	const { signal } = stopping;

	async function connect(): Promise<Connection> {
		const client = open();
		const over = whenOver(client, signal);
		client.on("notification", ({ payload }) => onPayload(payload ?? ""));
		// An end that the other side does not confirm is an end too.
		const close = () => Promise.race([client.end().catch(() => {}), setTimeout(1000, undefined, { ref: false })]);
		try {
			await client.connect();
			await client.query(`listen ${pg.escapeIdentifier(channel)}`);
		} catch (error) {
			await close();
			throw error;
		}
		return { over, close };
	}

	async function connectAgain(): Promise<Connection | undefined> {
		for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
			try {
				return await connect();
			} catch {
				await setTimeout(pause, undefined, { signal }).catch(() => {});
			}
		}
		return undefined;
	}

	async function keep(first: Connection): Promise<void> {
		for (let connection: Connection | undefined = first; connection; connection = await connectAgain()) {
			if (connection !== first && !signal.aborted) onGap();
			await connection.over;
			await connection.close();
		}
	}

	const running = keep(await connect());
	return async () => {
		stopping.abort();
		await running;
	};
}

function whenOver(client: pg.Client, signal: AbortSignal): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const check = () =>
		client.query({ text: "select 1", query_timeout: ANSWER_MS } as pg.QueryConfig).catch(() => resolve());
	const timer = setInterval(check, CHECK_MS);
	client.on("error", () => resolve());
	client.on("end", () => resolve());
	signal.addEventListener("abort", () => resolve(), { once: true });
	return promise.finally(() => clearInterval(timer));
}
