/* Rules for names in a tar; nothing here touches the file system. */
#include <limits.h>
#include <string.h>

#include "archiver.h"

void clean_name(const char *raw, char *out) {
  size_t length = 0;
  const char *part = raw;
  while (*part != '\0') {
    const char *end = strchrnul(part, '/');
    size_t size = (size_t)(end - part);
    if (size == 2 && part[0] == '.' && part[1] == '.')
      fail("refusing the name \"%.200s\": it leads out of the layer", raw);
    if (size > NAME_MAX) fail("refusing the name \"%.60s...\": a part is longer than 255 bytes", raw);
    if (size > 0 && !(size == 1 && part[0] == '.')) {
      if (length + size + 2 > PATH_MAX) fail("refusing the name \"%.60s...\": longer than 4095 bytes", raw);
      if (length > 0) out[length++] = '/';
      memcpy(out + length, part, size);
      length += size;
    }
    part = *end == '/' ? end + 1 : end;
  }
  if (length == 0) out[length++] = '.';
  out[length] = '\0';
}

/* Directories that lie between the root and the thing called `name`. */
static long depth_of(const char *name) {
  long depth = 0;
  for (const char *at = name; *at != '\0'; at++) depth += *at == '/';
  return depth;
}

void check_symlink(const char *name, const char *target) {
  if (*target == '\0') fail("refusing the symbolic link \"%.200s\": it has no target", name);
  if (strlen(target) >= PATH_MAX) fail("refusing the symbolic link \"%.200s\": its target is too long", name);
  long depth = *target == '/' ? 0 : depth_of(name);
  const char *part = target;
  while (*part != '\0') {
    const char *end = strchrnul(part, '/');
    size_t size = (size_t)(end - part);
    if (size == 2 && part[0] == '.' && part[1] == '.') {
      if (--depth < 0)
        fail("refusing the symbolic link \"%.200s\": its target \"%.200s\" leads out of the layer", name, target);
    } else if (size > 0 && !(size == 1 && part[0] == '.')) {
      depth++;
    }
    part = *end == '/' ? end + 1 : end;
  }
}

const char *base_name(const char *name) {
  const char *slash = strrchr(name, '/');
  return slash == NULL ? name : slash + 1;
}

void parent_name(const char *name, char *out) {
  size_t length = (size_t)(base_name(name) - name);
  if (length > 0) length--;
  memcpy(out, name, length);
  out[length] = '\0';
}
