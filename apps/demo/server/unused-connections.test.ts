import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { answerClientError } from "./answer-refusals.ts";

/** A server that gives a connection 100 ms for its first headers. */
async function listen(): Promise<number> {
	const timeouts = { headersTimeout: 100, requestTimeout: 1000, connectionsCheckingInterval: 20 };
	const server = createServer(timeouts, (_, response) => response.end("answered"));
	server.on("clientError", answerClientError);
	onTestFinished(() => void server.close());
	await once(server.listen(0, "127.0.0.1"), "listening");
	return (server.address() as AddressInfo).port;
}

/** An open connection that has sent nothing, and all that comes back on it. */
async function open(port: number) {
	const socket = createConnection({ host: "127.0.0.1", port });
	await once(socket, "connect");
	let text = "";
	socket.setEncoding("latin1").on("data", (part) => {
		text += part;
	});
	const closed = new Promise<string>((resolve) => {
		socket.on("error", ({ message }) => resolve(message)).on("close", () => resolve(text));
	});
	return { socket, closed };
}

test("a connection that brings nothing is closed without an answer", async () => {
	const { closed } = await open(await listen());
	expect(await closed).toBe("");
});

test("a request that arrived while the process was busy is answered, however long its connection was unused", async () => {
	const { socket, closed } = await open(await listen());
	// What is due in the meantime runs first then, and only after it what has arrived.
	await immediate();
	socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
	expect(await closed).toContain("answered");
});
