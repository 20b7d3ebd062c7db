import { connect } from "node:net";

/** What came back on a connection, as Latin-1 text. */
export interface RawAnswer {
	/** 0 where the connection was closed without an answer. */
	readonly status: number;
	readonly text: string;
}

export interface RawOptions {
	/** Sent after the first bytes, as long as the connection takes it. */
	more?: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;
}

/** Sends bytes that no HTTP client would send, and reads until the service closes the connection. */
export function sendRaw(
	address: string,
	bytes: string | Uint8Array,
	{ more = [] }: RawOptions = {},
): Promise<RawAnswer> {
	const { hostname, port } = new URL(address);
	return new Promise((resolve) => {
		let text = "";
		const socket = connect({ host: hostname, port: Number(port) });
		socket.setEncoding("latin1").on("data", (part) => {
			text += part;
		});
		// To be cut off is an answer too.
		socket.on("error", () => {});
		socket.on("close", () => {
			const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
			resolve({ status, text });
		});
		socket.write(bytes);
		void (async () => {
			for await (const part of more) {
				if (socket.destroyed) return;
				if (!socket.write(part)) await new Promise<void>((go) => socket.once("drain", go).once("close", () => go()));
			}
		})();
	});
}
