/** As much of fs-native-extensions as phiz uses; the package has no types of its own. */
declare module 'fs-native-extensions' {
  const locks: {
    /** Takes the lock on an open file, which ends when it is closed: false where another holds it. */
    tryLock(fd: number): boolean;
  };
  export default locks;
}
