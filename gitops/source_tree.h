// What one commit of a repository holds below one path, and how to tell that it has not changed.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kube/result.h"

namespace sluice::gitops {

// Identifies the content that an application is rendered from: equal ids, equal content.
struct SourceId {
  std::string tree;  // id of the tree object at the path
  // Files outside the path that symbolic links of the path lead to: path from the root, blob id.
  std::vector<std::pair<std::string, std::string>> linked;
  bool operator==(const SourceId&) const = default;
};

struct SourceFile {
  std::string path;  // relative to the path of the source
  std::string text;
  bool operator==(const SourceFile&) const = default;
};

struct SourceTree {
  SourceId id;
  std::vector<SourceFile> files;      // in the order of their paths
  std::vector<std::string> warnings;  // symbolic links that lead nowhere
};

// Which files are read. `wanted` is asked with the path relative to the source; it runs on a pool thread.
struct SourceFilter {
  bool recurse = false;
  std::function<bool(const std::string& path)> wanted;
};

struct SourceLimits {
  std::size_t total_bytes = 10 << 20;  // of all files that are read
  std::size_t files = 20'000;
  int depth = 64;
};

// "apps/web" of "./apps//web/", "" for the root. Fault::invalid when the path is absolute, leaves the repository or
// names ".git".
kube::Result<std::string> check_source_path(const std::string& path);

}  // namespace sluice::gitops
