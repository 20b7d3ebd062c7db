import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { FastifyReply } from "fastify";

/** Members of a list that are written between two turns of the event loop. */
const SLICE = 200;

/**
 * Answers with an object and a list in it that may be long: it is made part by part, as the client takes it, so that others are served
 * meanwhile and no more of it is in memory than that.
 */
export function sendLong(
	reply: FastifyReply,
	{ head, name, parts }: { head: object; name: string; parts: AsyncIterable<readonly unknown[]> },
): FastifyReply {
	return reply.type("application/json; charset=utf-8").send(Readable.from(json(head, name, parts)));
}

async function* json(head: object, name: string, parts: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
	const before = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`);
	yield `{${before.join("")}${JSON.stringify(name)}:[`;
	let comma = "";
	for await (const part of parts) {
		if (part.length === 0) continue;
		yield comma + JSON.stringify(part).slice(1, -1);
		comma = ",";
		await setImmediate();
	}
	yield "]}";
}

/** A list that is there already, in parts. */
export async function* inParts<T>(list: readonly T[]): AsyncGenerator<readonly T[]> {
	for (let from = 0; from < list.length; from += SLICE) yield list.slice(from, from + SLICE);
}
