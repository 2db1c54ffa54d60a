// From a targetRevision to a commit: branches, tags, commits and version ranges among a remote's refs.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "kube/result.h"

namespace sluice::gitops {

// What a remote says it has.
struct RemoteRefs {
  std::map<std::string, std::string> commits;  // full ref name to commit; an annotated tag to the commit it tags
  std::string head;                            // the ref that HEAD points to, or ""
};

// Reads the output of `git ls-remote --symref`.
RemoteRefs parse_ls_remote(std::string_view output);

// True for 40 (or 64) hexadecimal digits: a commit that needs no remote to be understood.
bool is_commit_id(std::string_view revision);

// The commit that a revision means: "" and HEAD, a version range (the highest tag that fits), a branch before a tag of
// the same name, a full ref. `tag_prefix` is stripped from tags before versions are compared. Fault::not_found says
// which revision the repository does not have.
kube::Result<std::string> resolve_revision(const RemoteRefs& refs, std::string_view revision,
                                           std::string_view tag_prefix);

}  // namespace sluice::gitops
