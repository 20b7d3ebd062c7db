import { parentPort } from "node:worker_threads";
import { type Asked, anatomyOf } from "./anatomy.ts";

parentPort!.on("message", async (asked: Asked) => parentPort!.postMessage(await anatomyOf(asked)));
