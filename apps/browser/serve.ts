import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

/** Serves the built page as any static host does; gives its address. @param port 0: any that is free */
export async function serve(port: number): Promise<{ server: Server; address: string }> {
	const files = sirv(fileURLToPath(new URL("dist", import.meta.url)), { etag: true });
	const server = createServer((request, response) =>
		files(request, response, () => void response.writeHead(404).end()),
	);
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	server.once("error", reject).listen(port, "127.0.0.1", resolve);
	await promise;
	return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
