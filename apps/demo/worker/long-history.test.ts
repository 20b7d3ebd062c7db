import { expect, it } from "vitest";
import { likes, Service } from "./testing/service.ts";

it("a history of 3,000 prompts is read, viewed and stored while timers go on", { timeout: 240_000 }, async () => {
	await using service = await Service.open();
	await service.startWorker();
	const historyId = await service.history(likes(3000));
	let [longest, before] = [0, performance.now()];
	const timer = setInterval(() => {
		const now = performance.now();
		[longest, before] = [Math.max(longest, now - before), now];
	}, 10);
	const id = await service.send({ kind: "profile", model: "tiny", historyId });
	const job = await service.ended(id);
	clearInterval(timer);
	expect(job.status).toBe("done");
	expect(longest).toBeLessThan(1500);
	const profiles = service.store.kysely.selectFrom("profiles").select("view").where("history_id", "=", historyId);
	const { view } = await profiles.executeTakeFirstOrThrow();
	expect(view.picks).toHaveLength(300);
	expect(view.map).toHaveLength(3000);
});
