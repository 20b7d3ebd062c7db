import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** One request, as the server saw it. */
export interface Seen {
	readonly method: string;
	readonly url: URL;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
	/** `performance.now()` of its arrival. */
	readonly at: number;
}

/** What comes in place of the right answer. */
export interface Fault {
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** Default an error in JSON. */
	readonly body?: string;
	/** Cuts the connection in the middle of the body. */
	readonly cut?: true;
	/** Sends half of the body, and then nothing more. */
	readonly stall?: true;
}

export interface JsonServer extends AsyncDisposable {
	readonly url: string;
	readonly seen: readonly Seen[];
	/** Faults are used once each, on the next requests. */
	fail(...faults: Fault[]): void;
}

/** A server on this machine that answers each request with what `answer` says, a value or a fault. */
export async function startJsonServer(answer: (request: Seen) => { json: unknown } | Fault): Promise<JsonServer> {
	const seen: Seen[] = [];
	const faults: Fault[] = [];
	const server = createServer(async (request, response) => {
		const at = performance.now();
		const chunks: Uint8Array[] = [];
		for await (const chunk of request) chunks.push(chunk as Uint8Array);
		const { method = "", headers } = request;
		const url = new URL(request.url!, "http://127.0.0.1");
		const entry = { method, url, headers, body: Buffer.concat(chunks).toString(), at };
		seen.push(entry);
		const given = faults.shift() ?? answer(entry);
		const fault: Fault = "json" in given ? { status: 200, body: JSON.stringify(given.json) } : given;
		const body = Buffer.from(fault.body ?? JSON.stringify({ error: { message: "out of order" } }));
		response.writeHead(fault.status ?? 200, { "content-length": body.length, ...fault.headers });
		if (!fault.cut && !fault.stall) response.end(body);
		else response.write(body.subarray(0, body.length / 2), () => fault.cut && response.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		seen,
		fail: (...more) => void faults.push(...more),
		[Symbol.asyncDispose]: () =>
			new Promise<void>((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
