import type { Asked, Told } from "./messages.ts";
import { openModels } from "./open-models.ts";
import { problemOf } from "./problem.ts";

/** The thread that draws: the page stays free meanwhile. */

const models = openModels();
const running = new Map<string, AbortController>();
const tell = (told: Told) => postMessage(told);

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
	if ("models" in data) void list();
	else if ("cancel" in data) running.get(data.cancel)?.abort();
	else void work(data.draw);
});

async function list(): Promise<void> {
	try {
		tell({ models: (await models).cards });
	} catch (error) {
		tell({ failed: problemOf(error) });
	}
}

async function work(order: Extract<Asked, { draw: unknown }>["draw"]): Promise<void> {
	const { jobId, request } = order;
	const stop = new AbortController();
	running.set(jobId, stop);
	try {
		const onDownload = (done: number, total: number) =>
			tell({ jobId, news: { progress: { station: "download", done, total } } });
		const studio = await (await models).studio(request.model, { signal: stop.signal, onDownload });
		await studio.work(order, stop.signal, (news) => tell({ jobId, news }));
		tell({ jobId, done: true });
	} catch (error) {
		tell({ jobId, done: true, ...(stop.signal.aborted ? { cancelled: true } : { problem: problemOf(error) }) });
	} finally {
		running.delete(jobId);
	}
}
