// Resolving revisions against what a remote has.
#include "gitops/revision.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "gitops/version_range.h"

namespace sluice::gitops {
namespace {

using kube::Error;
using kube::Fault;

constexpr std::string_view peeled = "^{}";

std::optional<std::string> commit_of(const RemoteRefs& refs, const std::string& name) {
  const auto at = refs.commits.find(name);
  if (at == refs.commits.end()) return std::nullopt;
  return at->second;
}

std::optional<std::string> highest_tag(const RemoteRefs& refs, const VersionRange& range, std::string_view tag_prefix) {
  std::optional<Version> best;
  std::optional<std::string> commit;
  for (const auto& [name, id] : refs.commits) {
    std::string_view tag = name;
    if (!tag.starts_with("refs/tags/")) continue;
    tag.remove_prefix(10);
    if (!tag.starts_with(tag_prefix)) continue;
    const std::optional<Version> version = parse_version(tag.substr(tag_prefix.size()));
    if (!version || !range.holds(*version) || (best && !(*best < *version))) continue;
    best = version;
    commit = id;
  }
  return commit;
}

std::optional<std::string> head_of(const RemoteRefs& refs) {
  if (const auto head = commit_of(refs, "HEAD")) return head;
  return refs.head.empty() ? std::nullopt : commit_of(refs, refs.head);
}

}  // namespace

RemoteRefs parse_ls_remote(std::string_view output) {
  RemoteRefs refs;
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view id = line.substr(0, tab);
    std::string_view name = line.substr(tab + 1);
    if (id.starts_with("ref: ")) {
      if (name == "HEAD") refs.head = id.substr(5);
      continue;
    }
    if (!is_commit_id(id)) continue;
    // A peeled line follows the line of its tag, so it has the last word.
    if (name.ends_with(peeled)) name.remove_suffix(peeled.size());
    refs.commits[std::string(name)] = id;
  }
  return refs;
}

bool is_commit_id(std::string_view revision) {
  return (revision.size() == 40 || revision.size() == 64) &&
         revision.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

kube::Result<std::string> resolve_revision(const RemoteRefs& refs, std::string_view revision,
                                           std::string_view tag_prefix) {
  if (revision.empty() || revision == "HEAD") {
    if (const auto head = head_of(refs)) return *head;
    return Error{Fault::not_found, "the repository has no commit yet (HEAD points to nothing)"};
  }
  if (is_commit_id(revision)) return std::string(revision);
  const std::optional<VersionRange> range = parse_version_range(revision);
  if (range)
    if (const auto tag = highest_tag(refs, *range, tag_prefix)) return *tag;
  const std::string name(revision);
  for (const std::string& full : {"refs/heads/" + name, "refs/tags/" + name, name, "refs/" + name})
    if (const auto commit = commit_of(refs, full)) return *commit;
  return Error{Fault::not_found,
               range ? fmt::format("the repository has no tag in the range \"{}\" and no branch of that name", revision)
                     : fmt::format("the repository has no branch, tag or commit \"{}\"", revision)};
}

}  // namespace sluice::gitops
