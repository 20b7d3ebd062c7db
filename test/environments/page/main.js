import { draw } from "./draw.js";

globalThis.draw = draw;
