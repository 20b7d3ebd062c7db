import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EventStream, type Told } from "./event-stream.ts";

/** A browser's connection to events, which opens and breaks when it is told to. */
class Connection {
	static readonly CONNECTING = 0;
	static readonly OPEN = 1;
	static readonly CLOSED = 2;
	static last: Connection;
	readyState = Connection.CONNECTING;
	onopen = () => {};
	onerror = () => {};

	constructor() {
		Connection.last = this;
	}

	addEventListener(): void {}

	close(): void {
		this.readyState = Connection.CLOSED;
	}

	open(): void {
		this.readyState = Connection.OPEN;
		this.onopen();
	}
}

let told: Told[];
let stream: EventStream;
beforeEach(() => {
	vi.stubGlobal("EventSource", Connection);
	told = [];
	stream = new EventStream("/api/events", (each) => told.push(each));
	stream.start();
});
afterEach(() => {
	stream.stop();
	vi.unstubAllGlobals();
});

test("a first connection that opens has missed nothing", () => {
	Connection.last.open();
	expect(told).toEqual([{ told: "waiting" }, { told: "open", again: false }]);
});

const open = () => Connection.last.open();
const breakOff = () => Connection.last.onerror();
const stop = () => stream.stop();
const start = () => stream.start();

test.each([
	["was let go of while it was open", [open, stop, start]],
	["was let go of before it opened", [stop, start]],
	["broke before it opened", [breakOff]],
	["broke while it was open", [open, breakOff]],
])("one that %s may have missed something when it opens again", (_, steps) => {
	for (const step of [...steps, open]) step();
	expect(told.at(-1)).toEqual({ told: "open", again: true });
});
