/*
 * Numbers shared with berthd (src/protocol.ts holds the same list; a test compares the two).
 *
 * A frame is: u32 length of what follows, u8 type, payload. A launch program is the payload of one frame: a list of
 * operations, each u16 code, u32 length, fields. Integers are little-endian; a string is u32 length, bytes, NUL.
 */
#ifndef BERTH_PROTOCOL_H
#define BERTH_PROTOCOL_H

/* berthd to launcher. */
#define FRAME_PROGRAM 1
#define FRAME_GO 2
#define FRAME_SIGNAL 3
#define FRAME_RESIZE 4
#define FRAME_ATTACH 5
#define FRAME_CONTROL 6

/* launcher to berthd. */
#define FRAME_READY 16
#define FRAME_STARTED 17
#define FRAME_FAILED 18
#define FRAME_EXIT 19
#define FRAME_DONE 20
#define FRAME_WARNING 21

/* Flags of FRAME_ATTACH. */
#define ATTACH_STDIN 1
#define ATTACH_STDOUT 2
#define ATTACH_STDERR 4
#define ATTACH_STDIN_ONCE 8 /* however this client ends, the process's input ends with it */

/* Settings of the monitor; they come before all operations of the child. */
#define OP_STATE_DIR 1
#define OP_STATE_BLOB 2
#define OP_TERMINAL 3
#define OP_STDIN 4
#define OP_LOG 5
#define OP_SPILL_DIR 6
#define OP_OOM_FILE 7
#define OP_KILL_FILE 8
#define OP_CLONE 9
#define OP_CGROUP_DIR 10
#define OP_TARGET 11
#define OP_EPHEMERAL 12
#define OP_JOIN_PID 13
#define OP_DEVICE_FILTER 14

/* Operations of the child, executed in the order in which they come. */
#define OP_FIRST_CHILD 32
#define OP_CGROUP_TASKS 32
#define OP_JOIN 33
#define OP_UNSHARE 34
#define OP_PROPAGATION 35
#define OP_ROOT_OVERLAY 36
#define OP_ROOT_BIND 37
#define OP_MOUNT 38
#define OP_BIND 39
#define OP_DEVICE 40
#define OP_SYMLINK 41
#define OP_MASK 42
#define OP_READONLY 43
#define OP_ROOT_ATTRIBUTES 44
#define OP_PIVOT 45
#define OP_PTY 46
#define OP_CONSOLE 47
#define OP_STDIO 48
#define OP_SYSCTL 49
#define OP_HOSTNAME 50
#define OP_DOMAINNAME 51
#define OP_LOOPBACK 52
#define OP_RLIMIT 53
#define OP_OOM_SCORE 54
#define OP_ENV 55
#define OP_ARG 56
#define OP_USER 57
#define OP_GROUP 58
#define OP_CWD 59
#define OP_UMASK 60
#define OP_BOUNDING 61
#define OP_IDENTITY 62
#define OP_LOOKUP 63
#define OP_HOLD 64
#define OP_NO_NEW_PRIVILEGES 65
#define OP_SECCOMP 66
#define OP_CAPABILITIES 67
#define OP_EXEC 68
#define OP_ENTER 69
#define OP_ATTRIBUTES 70
#define OP_LAST_CHILD 70

/* Flags of OP_BIND and OP_MOUNT. */
#define MOUNT_RECURSIVE 1
#define MOUNT_ON_PROC 2

/* Exit codes of a launch that failed, as Docker has them. */
#define EXIT_SETUP 125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

#endif
