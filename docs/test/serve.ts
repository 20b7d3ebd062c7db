import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

/** Serves the built site as a static host does, under any free port; gives its address, with a slash at the end. */
export async function serve(): Promise<{ server: Server; address: string }> {
	const files = sirv(fileURLToPath(new URL("../.vitepress/dist", import.meta.url)), { extensions: ["html"] });
	const server = createServer((request, response) =>
		files(request, response, () => void response.writeHead(404).end()),
	);
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	server.once("error", reject).listen(0, "127.0.0.1", resolve);
	await promise;
	return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
