/** Holds the tables of core/testing/README.md, the suites' cases and the lists of Hadoop's and Flink's cases together. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { FILE_SYSTEM_CASES, recoverableWriterCases } from "./cases.ts";

/** Of hadoop-common, hadoop-aliyun, flink-core and flink-hadoop-fs. */
const THEIRS: Readonly<Record<string, string>> = {
  AbstractContractCreateTest: `testCreateNewFile testCreateFileOverExistingFileNoOverwrite testOverwriteExistingFile
    testOverwriteEmptyDirectory testOverwriteNonEmptyDirectory testCreatedFileIsImmediatelyVisible
    testCreatedFileIsVisibleOnFlush testCreatedFileIsEventuallyVisible testFileStatusBlocksizeNonEmptyFile
    testFileStatusBlocksizeEmptyFile testCreateMakesParentDirs testCreateFileUnderFile testCreateUnderFileSubdir
    testMkdirUnderFile testMkdirUnderFileSubdir testSyncable`,
  AbstractContractDeleteTest: `testDeleteEmptyDirNonRecursive testDeleteEmptyDirRecursive
    testDeleteNonexistentPathRecursive testDeleteNonexistentPathNonRecursive testDeleteNonEmptyDirNonRecursive
    testDeleteNonEmptyDirRecursive testDeleteDeepEmptyDir testDeleteSingleFile`,
  AbstractContractGetFileStatusTest: `testGetFileStatusNonexistentFile testListStatusEmptyDirectory
    testListFilesEmptyDirectoryNonrecursive testListFilesEmptyDirectoryRecursive testListLocatedStatusEmptyDirectory
    testComplexDirActions testListFilesNoDir testLocatedStatusNoDir testListStatusNoDir testListStatusFilteredNoDir
    testListStatusFilteredFile testListStatusFile testListFilesFile testListFilesFileRecursive
    testListLocatedStatusFile testListStatusFiltering testListLocatedStatusFiltering testListStatusIteratorFile
    testListStatusIteratorNoDir`,
  AbstractContractMkdirTest: `testMkDirRmDir testMkDirRmRfDir testNoMkdirOverFile testMkdirOverParentFile
    testMkdirSlashHandling`,
  AbstractContractOpenTest: `testOpenReadZeroByteFile testFsIsEncrypted testOpenReadDir testOpenReadDirWithChild
    testOpenFileTwice testSequentialRead testOpenFileReadZeroByte testOpenFileUnknownOption testOpenFileLazyFail
    testOpenFileFailExceptionally testAwaitFutureFailToFNFE testAwaitFutureTimeoutFailToFNFE
    testOpenFileExceptionallyTranslating testChainedFailureAwaitFuture testOpenFileApplyRead testOpenFileApplyAsyncRead
    testOpenFileNullStatusButFileLength`,
  AbstractContractRenameTest: `testRenameNewFileSameDir testRenameNonexistentFile testRenameFileOverExistingFile
    testRenameDirIntoExistingDir testRenameFileNonexistentDir testRenameWithNonEmptySubDir
    testRenamePopulatesDirectoryAncestors testRenamePopulatesFileAncestors testRenameFileUnderFile
    testRenameFileUnderFileSubdir`,
  AbstractContractSeekTest: `testSeekZeroByteFile testBlockReadZeroByteFile testSeekReadClosedFile testNegativeSeek
    testSeekFile testSeekAndReadPastEndOfFile testSeekPastEndOfFileThenReseekAndRead testSeekBigFile
    testPositionedBulkReadDoesntChangePosition testRandomSeeks testReadFullyZeroByteFile testReadFullyPastEOFZeroByteFile
    testReadFullySmallFile testReadFullyPastEOF testReadFullyZeroBytebufferPastEOF testReadNullBuffer testReadSmallFile
    testReadAtExactEOF testSeekBeyondDownloadSize`,
  AbstractContractRootDirectoryTest: `testMkDirDepth1 testRmEmptyRootDirRecursive testRmEmptyRootDirNonRecursive
    testRmNonEmptyRootDirNonRecursive testRmRootRecursive testCreateFileOverRoot testListEmptyRootDirectory
    testSimpleRootListing testRecursiveRootListing`,
  AbstractContractVectoredReadTest: `testVectoredReadMultipleRanges testVectoredReadAndReadFully testDisjointRanges
    testAllRangesMergedIntoOne testSomeRangesMergedSomeUnmerged testOverlappingRanges testSameRanges testNullRange
    testNullRangeList testSomeRandomNonOverlappingRanges testConsecutiveRanges testEOFRanges testNegativeLengthRange
    testNegativeOffsetRange testNormalReadAfterVectoredRead testVectoredReadAfterNormalRead testMultipleVectoredReads
    testVectoredIOEndToEnd`,
  FileSystemContractBaseTest: `testFsStatus testWorkingDirectory testMkdirs testMkdirsFailsForSubdirectoryOfExistingFile
    testMkdirsWithUmask testGetFileStatusThrowsExceptionForNonExistentFile
    testListStatusThrowsExceptionForNonExistentFile testListStatus testWriteReadAndDeleteEmptyFile
    testWriteReadAndDeleteHalfABlock testWriteReadAndDeleteOneBlock testWriteReadAndDeleteOneAndAHalfBlocks
    testWriteReadAndDeleteTwoBlocks testOverwrite testWriteInNonExistentDirectory testDeleteNonExistentFile
    testDeleteRecursively testDeleteEmptyDirectory testRenameNonExistentPath testRenameFileMoveToNonExistentDirectory
    testRenameFileMoveToExistingDirectory testRenameFileAsExistingFile testRenameFileAsExistingDirectory
    testRenameDirectoryMoveToNonExistentDirectory testRenameDirectoryMoveToExistingDirectory
    testRenameDirectoryAsExistingFile testRenameDirectoryAsExistingDirectory testInputStreamClosedTwice
    testOutputStreamClosedTwice testOverWriteAndRead testFilesystemIsCaseSensitive testZeroByteFilesAreFiles
    testMultiByteFilesAreFiles testRootDirAlwaysExists testRenameRootDirForbidden testRenameChildDirForbidden
    testRenameToDirWithSamePrefixAllowed testRenameDirToSelf testMoveDirUnderParent testRenameFileToSelf
    testMoveFileUnderParent testLSRootDir testListStatusRootDir testDeleteSubdir testGetFileStatusFileAndDirectory
    testMkdirsForExistingFile testRenameDirectoryConcurrent testRenameDirectoryCopyTaskAllSucceed
    testRenameDirectoryCopyTaskAllFailed testRenameDirectoryCopyTaskPartialFailed testRenameChangingDirShouldFail
    testRenameDir`,
  FileSystemBehaviorTestSuite: `testFileSystemKind testPathAndScheme testHomeAndWorkDir testFileExists
    testFileDoesNotExist testExistingFileDeletion testExistingFileRecursiveDeletion testNotExistingFileDeletion
    testNotExistingFileRecursiveDeletion testExistingEmptyDirectoryDeletion testExistingEmptyDirectoryRecursiveDeletion
    testExistingNonEmptyDirectoryDeletion testExistingNonEmptyDirectoryRecursiveDeletion
    testExistingNonEmptyDirectoryWithSubDirRecursiveDeletion testMkdirsReturnsTrueWhenCreatingDirectory
    testMkdirsCreatesParentDirectories testMkdirsReturnsTrueForExistingDirectory testMkdirsFailsForExistingFile
    testMkdirsFailsWithExistingParentFile`,
  AbstractRecoverableWriterTest: `testCloseWithNoData testCommitAfterNormalClose testCommitAfterPersist
    testRecoverWithEmptyState testRecoverWithState testRecoverFromIntermWithoutAdditionalState
    testRecoverAfterMultiplePersistsState testCommitAfterRecovery testExceptionWritingAfterCloseForCommit
    testResumeAfterCommit testResumeWithWrongOffset`,
  AbstractHadoopRecoverableWriterITCase: `testCloseWithNoData testCommitAfterNormalClose testCommitAfterPersist
    testCleanupRecoverableState testCallingDeleteObjectTwiceDoesNotThroughException testCommitAfterRecovery
    testRecoverWithEmptyState testRecoverWithState testRecoverFromIntermWithoutAdditionalState
    testRecoverAfterMultiplePersistsState testRecoverWithStateWithMultiPart
    testRecoverFromIntermWithoutAdditionalStateWithMultiPart testRecoverAfterMultiplePersistsStateWithMultiPart
    testExceptionWritingAfterCloseForCommit testResumeAfterCommit testResumeWithWrongOffset`,
};

interface Row {
  readonly theirs: readonly string[];
  readonly here: string;
  readonly difference: string;
}

const readme = await readFile(new URL("README.md", import.meta.url), "utf8");
const tables = new Map(
  readme
    .split(/^## /m)
    .slice(1)
    .map((section) => [/^\w+: (\w+)/.exec(section)?.[1] ?? "", rowsOf(section)]),
);
const WRITER_CASES = recoverableWriterCases(1, 1);
const cases = [...FILE_SYSTEM_CASES, ...WRITER_CASES].map(({ name }) => name);

function rowsOf(section: string): Row[] {
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) => {
    const [, theirs = "", here = "", difference = ""] = line.split("|").map((cell) => cell.trim());
    return { theirs: [...theirs.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name), here, difference };
  });
}

test("every case of Hadoop's and Flink's suites is translated once", () => {
  assert.deepEqual([...tables.keys()], Object.keys(THEIRS));
  for (const [suite, rows] of tables) {
    const translated = rows.flatMap(({ theirs }) => theirs);
    assert.deepEqual(translated.toSorted(), THEIRS[suite]?.split(/\s+/).toSorted(), suite);
  }
});

test("every case that the tables name is declared, or a test of the file that is linked", async () => {
  for (const { theirs, here, difference } of [...tables.values()].flat()) {
    if (here === "") {
      assert.match(difference, /^not applicable: ./, theirs.join());
      continue;
    }
    for (const [, name = "", file] of here.matchAll(/"([^"]+)"(?: in \[[^\]]+\]\(([^)]+)\))?/g)) {
      if (file === undefined) assert.ok(cases.includes(name), `there is no case "${name}"`);
      else assert.ok((await readFile(new URL(file, import.meta.url), "utf8")).includes(`"${name}"`), name);
    }
    assert.match(here, /^"/, theirs.join());
  }
});

test("no two cases of a suite have the same name", () => {
  for (const suite of [FILE_SYSTEM_CASES, WRITER_CASES]) {
    const names = suite.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  }
});
