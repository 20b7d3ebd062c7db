import { mount } from "svelte";
import "@drum/demo/page/theme.css";
import "@drum/demo/page/base.css";
import "@drum/demo/page/controls.css";
import App from "@drum/demo/page/app";
import { notices } from "@drum/demo/page/notices";
import { connect } from "@drum/demo/page/service";
import { DrawingThread } from "./drawing/thread.ts";
import MoreModels from "./larger/larger-model.svelte";
import { fetchBy } from "./larger/offer.svelte.ts";
import { localService } from "./service/local-service.ts";
import { openStore, passingStore, type Store } from "./service/store.ts";

const worker = new Worker(new URL("./drawing/drawing-worker.ts", import.meta.url), { type: "module" });
const thread = new DrawingThread(worker);
fetchBy(thread);
connect({ ...localService(await keeping(), thread), moreModels: MoreModels });
mount(App, { target: document.querySelector("#page")! });
if (import.meta.env.PROD) void navigator.serviceWorker?.register("./offline.js");

/** What the browser keeps for the page; where it keeps nothing, what this tab does. */
async function keeping(): Promise<Store> {
	try {
		return await openStore("drum");
	} catch {
		notices.show("This browser keeps nothing for the page", {
			detail: "Histories and pictures are gone when the tab is closed. A private window may be the reason.",
			stays: true,
		});
		return passingStore();
	}
}
