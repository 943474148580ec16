/** A file as text: Vite knows the suffix, and tsup is taught it in tsup.config.ts. */
declare module '*?raw' {
  const text: string;
  export default text;
}
