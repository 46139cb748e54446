/** What `build/shell.ts` found in the folder of the page that it built. */
declare module "virtual:shell" {
  /** Of exactly these files: another build has another one. */
  export const version: string;
  /** Paths of all files of the page, with what their bytes must hash to. */
  export const files: readonly { readonly path: string; readonly integrity: string }[];
}
