import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Problem } from "../api/index.ts";
import { addUser } from "../store/users.ts";
import { MOST_BODY, MOST_OPEN_BODY } from "./limits.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
let port: number;
let ann: string;
let bob: string;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve({ auth: true, limits: { bodiesOfUser: 2 * MOST_BODY, bodies: 3 * MOST_BODY } });
	port = await client.listen();
	({ token: ann } = await addUser(service.store, "ann"));
	({ token: bob } = await addUser(service.store, "bob"));
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

interface Begun {
	socket: Socket;
	/** All that is answered until the connection is closed. */
	answer: Promise<string>;
}

/** Sends headers and a body that never ends. */
function begin(request: string, headers: string, body: string): Begun {
	const socket = connect({ host: "127.0.0.1", port });
	onTestFinished(() => void socket.destroy());
	let text = "";
	socket.setEncoding("utf8").on("data", (part: string) => {
		text += part;
	});
	socket.on("error", () => {});
	socket.write(`${request} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`);
	return { socket, answer: new Promise((resolve) => socket.on("close", () => resolve(text))) };
}

test.each([
	["POST /api/session", 413],
	["DELETE /api/session", 413],
	["POST /api/nothing", 404],
	["POST /nothing", 404],
	["PUT /api/session", 405],
	["POST /health/live", 405],
	["POST /metrics", 405],
	["POST /api/histories", 401],
	["POST /api/histories/00000000-0000-4000-8000-000000000000/import", 401],
])("of a body that nobody signed in sends, little is read: %s", async (request, status) => {
	const chunk = "a".repeat(MOST_OPEN_BODY + 1);
	const sent = begin(request, "Transfer-Encoding: chunked", `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
	const told = new Promise((resolve) => sent.socket.once("data", resolve));
	expect(await Promise.race([told, sent.answer])).toContain(`HTTP/1.1 ${status} `);
	const json = { text: `"${chunk}"`, headers: { "content-type": "application/json" } };
	expect((await client.send(request, json)).status).toBe(status);
});

test("of a user, and of all, so many bytes are read at once", async () => {
	const json = { name: "x" };
	const hold = (token: string) =>
		begin("POST /api/histories", `Authorization: Bearer ${token}\r\nContent-Length: ${MOST_BODY}`, "{");
	const status = async (token: string) => {
		const { status, headers, body } = await client.as(token).send<Problem>("POST /api/histories", {
			json,
			headers: { "content-length": String(JSON.stringify(json).length) },
		});
		return [status, body.type, headers["retry-after"]];
	};
	const untilRefused = async (token: string, expected: unknown) => expect.poll(() => status(token)).toEqual(expected);
	const first = hold(ann);
	hold(ann);
	await untilRefused(ann, [429, "urn:drum:problem:too-many-bodies", "5"]);
	expect(await status(bob)).toEqual([201, undefined, undefined]);
	hold(bob);
	await untilRefused(bob, [503, "urn:drum:problem:busy", "5"]);
	// What takes no body is answered still.
	expect((await client.as(bob).send("GET /api/histories")).status).toBe(200);
	expect((await client.send("GET /health/live")).status).toBe(200);
	first.socket.destroy();
	await untilRefused(ann, [201, undefined, undefined]);
});
