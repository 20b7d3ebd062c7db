import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ProxyServer extends AsyncDisposable {
	/** Host and port. */
	readonly host: string;
	/** `GET http://…` or `CONNECT host:port`, and the credentials. */
	readonly seen: { line: string; authorization: string | undefined }[];
}

/** An HTTP proxy on this machine that finds every host at `target`; with `credentials`, only for those who give them. */
export async function startProxy(target: URL, credentials?: string): Promise<ProxyServer> {
	const seen: ProxyServer["seen"] = [];
	const sockets = new Set<Socket>();
	const wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
	const server = createServer(({ method, url = "", headers }, response) => {
		const authorization = headers["proxy-authorization"];
		seen.push({ line: `${method} ${url}`, authorization });
		if (wanted && authorization !== wanted) return response.writeHead(407).end();
		const { pathname, search } = new URL(url);
		const { "proxy-authorization": _, ...others } = headers;
		const onward = request({ host: target.hostname, port: target.port, path: pathname + search, headers: others });
		onward.on("response", (answer) => {
			response.writeHead(answer.statusCode!, answer.headers);
			answer.pipe(response);
		});
		onward.on("error", () => response.destroy());
		onward.end();
	});
	server.on("connect", ({ url, headers }, socket: Socket) => {
		const authorization = headers["proxy-authorization"];
		seen.push({ line: `CONNECT ${url}`, authorization });
		if (wanted && authorization !== wanted) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
		const onward = connect(Number(target.port), target.hostname, () => {
			socket.write("HTTP/1.1 200 OK\r\n\r\n");
			socket.pipe(onward).pipe(socket);
		});
		for (const each of [socket, onward]) {
			sockets.add(each);
			each.on("error", () => each.destroy());
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		host: `127.0.0.1:${port}`,
		seen,
		[Symbol.asyncDispose]: () =>
			new Promise<void>((resolve) => {
				for (const socket of sockets) socket.destroy();
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
