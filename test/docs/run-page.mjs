// Runs the modules it is given, one after the other, and says which one failed.
for (const file of process.argv.slice(2)) {
  try {
    await import(file);
  } catch (error) {
    console.error(`FAILED ${file}`);
    throw error;
  }
}
// Not printed if one of them ended the process.
console.log(`All ${process.argv.length - 2} ran.`);
