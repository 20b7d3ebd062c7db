import type { FastifyReply } from "fastify";
import { refusalOf } from "../answer-refusals.ts";
import { Refusal } from "../refusal.ts";
import { asOpenAIError } from "./openai-error.ts";

/** Something is sent so often, so that no client and no proxy takes the answer for one that does not come. */
const HEARTBEAT_MS = 15_000;

/**
 * Answers with server-sent events as OpenAI's clients read them. A refusal that comes after the first byte is an event `error`, and
 * thrown on, for whoever has to clean up.
 */
export async function sendEvents(reply: FastifyReply, events: AsyncIterable<{ type: string }>): Promise<FastifyReply> {
	const { raw, log } = reply.hijack();
	raw.on("error", () => {});
	raw.writeHead(200, {
		...(reply.getHeaders() as Record<string, string>),
		...{ "content-type": "text/event-stream", "x-accel-buffering": "no" },
	});
	raw.flushHeaders();
	const send = (event: string, data: object) => raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
	const beats = setInterval(() => raw.write(": \n\n"), HEARTBEAT_MS);
	try {
		for await (const event of events) send(event.type, event);
		raw.write("data: [DONE]\n\n");
		return reply;
	} catch (error) {
		const refusal = refusalOf(error as Error);
		if (!(error instanceof Refusal)) log.error({ err: error }, "a request failed");
		const { body } = asOpenAIError(refusal);
		send("error", { type: "error", ...body });
		throw error;
	} finally {
		clearInterval(beats);
		raw.end();
	}
}
