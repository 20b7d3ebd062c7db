import { testPage } from "./page-works.ts";

testPage("desktop");
