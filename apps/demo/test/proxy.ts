import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Afterwards } from "./service.ts";

export interface ProxyOptions {
	/** The path under which the service is seen; it is taken off. */
	prefix?: string;
	/** The headers that are sent on, from those that came. */
	headers?: (came: Record<string, string | string[] | undefined>) => Record<string, string | string[] | undefined>;
	afterwards: Afterwards;
}

/** A plain proxy before a service, as people put one there; gives its port. */
export async function startProxy(
	port: number,
	{ prefix = "", headers = (came) => came, afterwards }: ProxyOptions,
): Promise<number> {
	const proxy = createServer((came, answer) => {
		const { url = "/", method } = came;
		if (!url.startsWith(`${prefix}/`)) return void answer.writeHead(404).end();
		const sent = request(
			{ host: "127.0.0.1", port, method, path: url.slice(prefix.length), headers: headers(came.headers), agent: false },
			(given) => {
				answer.writeHead(given.statusCode ?? 502, given.headers);
				answer.flushHeaders();
				given.pipe(answer);
			},
		);
		sent.on("error", () => answer.destroy());
		answer.on("close", () => sent.destroy());
		came.pipe(sent);
	});
	await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
	afterwards(async () => {
		proxy.closeAllConnections();
		proxy.close();
	});
	return (proxy.address() as AddressInfo).port;
}
