import { serve } from "./serve.ts";

const PORT = 4173;

const { address } = await serve(PORT).catch(() => serve(0));
console.log(`The page: ${address} (Ctrl-C ends it; the folder apps/browser/dist works on any static host)`);
