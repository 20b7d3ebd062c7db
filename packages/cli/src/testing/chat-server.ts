import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A call of OpenAI's chat completions, as the server saw it. */
export interface ChatCall {
	/** From 1. */
	readonly number: number;
	readonly key: string;
	readonly content: string;
}

/** A language model on this machine. Keywords are asked for with numbers, so every answer has some. */
const ANSWER = "1. blue 2. stripes";

/** Answers each call once `before` is done with it; what it throws cuts the connection. */
export async function startChatServer(before: (call: ChatCall) => unknown) {
	const calls: ChatCall[] = [];
	const server = createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		const { messages } = JSON.parse(body) as { messages: { content: string }[] };
		const key = request.headers.authorization?.replace("Bearer ", "") ?? "";
		const call = { number: calls.length + 1, key, content: messages[0]!.content };
		calls.push(call);
		try {
			await before(call);
		} catch {
			response.destroy();
			return;
		}
		response.end(JSON.stringify({ choices: [{ message: { content: ANSWER } }] }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		calls,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
