import type { Job, Preview } from "../../../api/index.ts";
import { EventStream, type Told } from "./event-stream.ts";

/**
 * Holds one stream of events for all tabs of a browser: a browser opens six connections to a host that speaks HTTP/1.1, and a stream in
 * each tab would leave none for anything else.
 */

/** What a tab tells: first where the events are, and when it goes. */
export type FromTab = { start: string } | "bye";

const tabs = new Set<MessagePort>();
let stream: EventStream | undefined;
let state: Told | undefined;
/** Of jobs that have not ended: what was told of each last, for tabs that come later. */
const latest = new Map<string, Told>();

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [tab] }) => {
	if (!tab) return;
	tab.onmessage = ({ data }: MessageEvent<FromTab>) => {
		if (data === "bye") leave(tab);
		else join(tab, data.start);
	};
};

function join(tab: MessagePort, url: string): void {
	tabs.add(tab);
	stream ??= new EventStream(url, tell);
	if (state?.told === "open") tab.postMessage({ told: "open", again: false } satisfies Told);
	for (const told of latest.values()) tab.postMessage(told);
	stream.start();
}

function leave(tab: MessagePort): void {
	tabs.delete(tab);
	tab.close();
	if (tabs.size > 0) return;
	stream?.stop();
	latest.clear();
	state = undefined;
}

function tell(told: Told): void {
	if (told.told === "event") remember(told);
	else state = told;
	for (const tab of tabs) tab.postMessage(told);
}

function remember(told: Told & { told: "event" }): void {
	if (told.name === "job") {
		const { id, status }: Job = JSON.parse(told.data);
		if (status === "queued" || status === "running") latest.set(id, told);
		else forget(id);
	} else if (told.name === "preview") {
		const { jobId, place }: Preview = JSON.parse(told.data);
		if (latest.has(jobId)) latest.set(`${jobId}/${place}`, told);
	} else if (told.name === "deleted") forget(JSON.parse(told.data).jobId);
}

function forget(jobId: string): void {
	for (const key of latest.keys()) if (key.startsWith(jobId)) latest.delete(key);
}

addEventListener("online", () => stream?.hurry());
