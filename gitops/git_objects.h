// Reading commits, trees and files of a bare mirror. Calls block: they belong on a pool thread.
#pragma once

#include <string>

#include "gitops/source_tree.h"
#include "kube/result.h"

namespace sluice::gitops {

struct CommitSummary {
  std::string author;  // "Name <address>"
  std::string subject;
};

// True when the mirror holds the commit with its tree. False also when there is no mirror yet.
bool has_commit(const std::string& mirror, const std::string& commit);

// The id that `path` has at the commit. Pass the linked files of the id to compare with, or none.
kube::Result<SourceId> source_id(const std::string& mirror, const std::string& commit, const std::string& path,
                                 const SourceId& known);

// All wanted files below `path`. Fault::not_found when the commit has no such directory; Fault::invalid when a symbolic
// link leaves the repository, a name is not allowed, or a limit is passed.
kube::Result<SourceTree> read_source(const std::string& mirror, const std::string& commit, const std::string& path,
                                     const SourceFilter& filter, SourceLimits limits);

kube::Result<CommitSummary> summarize_commit(const std::string& mirror, const std::string& commit);

}  // namespace sluice::gitops
