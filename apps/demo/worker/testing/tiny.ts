import { adapters, model } from "@drum/tiny";

export const TINY = { id: "tiny", source: model, adapters };
