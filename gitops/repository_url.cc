// Judging and normalizing repository URLs.
#include "gitops/repository_url.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <openssl/sha.h>

namespace sluice::gitops {
namespace {

using kube::Error;
using kube::Fault;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool has_scheme(std::string_view url) { return url.find("://") != std::string_view::npos; }

std::string scheme_of(std::string_view url) { return lower(url.substr(0, url.find("://"))); }

// user@host:path, as ssh users write it.
bool is_scp_form(std::string_view url) {
  if (has_scheme(url)) return false;
  const std::size_t colon = url.find(':');
  const std::size_t slash = url.find('/');
  return colon != std::string_view::npos && colon > 0 && colon < slash;
}

std::string as_ssh(std::string_view url) {
  const std::size_t colon = url.find(':');
  std::string_view path = url.substr(colon + 1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return fmt::format("ssh://{}/{}", url.substr(0, colon), path);
}

// "user@host:port" of scheme://user@host:port/path.
std::string_view authority_of(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  return rest.substr(0, rest.find('/'));
}

std::string_view user_of(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  return at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
}

Error refused(std::string_view what) { return Error{Fault::invalid, fmt::format("repoURL: {}", what)}; }

kube::Result<> check_remote(std::string_view url, RepositoryAccess access) {
  const std::string scheme = scheme_of(url);
  if (scheme == "http" && !access.plain_http)
    return Error{Fault::forbidden, "repoURL: scheme \"http\" is not allowed here (use https or ssh)"};
  if (scheme != "https" && scheme != "ssh" && scheme != "http")
    return Error{Fault::forbidden, fmt::format("repoURL: scheme \"{}\" is not allowed (use https or ssh)", scheme)};
  const std::string_view authority = authority_of(url);
  const std::string_view user = user_of(authority);
  const std::string_view host = user.empty() ? authority : authority.substr(user.size() + 1);
  if (host.empty()) return refused("names no host");
  if (host.starts_with('-') || user.starts_with('-')) return refused("a user or host must not start with \"-\"");
  if (user.find(':') != std::string_view::npos) return refused("must not carry a password");
  if (scheme != "ssh" && !user.empty()) return refused("must not carry credentials");
  return {};
}

}  // namespace

kube::Result<std::string> check_repository_url(std::string_view url, RepositoryAccess access) {
  if (url.empty()) return refused("is required");
  if (url.size() > 2048) return refused("is longer than 2048 characters");
  for (const unsigned char c : url)
    if (c <= ' ' || c == 0x7f) return refused("must not contain blanks or control characters");
  if (url.starts_with('-')) return refused("must not start with \"-\"");
  if (url.find("::") != std::string_view::npos && !has_scheme(url))
    return Error{Fault::forbidden, "repoURL: remote helpers are not allowed (use https or ssh)"};
  if (url.starts_with('/') || (has_scheme(url) && scheme_of(url) == "file")) {
    if (!access.local)
      return Error{Fault::forbidden,
                   "repoURL: repositories on the controller's disk are not allowed (use https or ssh)"};
    return std::string(url);
  }
  const std::string remote = is_scp_form(url) ? as_ssh(url) : std::string(url);
  if (!has_scheme(remote)) return refused(fmt::format("\"{}\" is not a URL (use https:// or ssh://)", url));
  const kube::Result<> checked = check_remote(remote, access);
  if (!checked) return checked.error();
  return std::string(url);
}

std::string normalize_repository_url(std::string_view url) {
  std::string text = is_scp_form(url) ? as_ssh(url) : std::string(url);
  if (text.starts_with('/')) text = "file://" + text;
  while (text.ends_with('/')) text.pop_back();
  if (text.ends_with(".git")) text.resize(text.size() - 4);
  if (!has_scheme(text)) return text;
  const std::size_t path = text.find('/', text.find("://") + 3);
  const std::size_t end = path == std::string::npos ? text.size() : path;
  const std::string_view authority = authority_of(text);
  const std::size_t user = user_of(authority).size();
  const std::size_t host = static_cast<std::size_t>(authority.data() - text.data()) + user;
  return scheme_of(text) + text.substr(text.find("://"), host - text.find("://")) +
         lower(std::string_view(text).substr(host, end - host)) + text.substr(end);
}

std::string mirror_name(std::string_view url) {
  const std::string normal = normalize_repository_url(url);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(normal.data()), normal.size(), digest.data());
  std::string name;
  for (const unsigned char byte : digest) name += fmt::format("{:02x}", byte);
  return name;
}

}  // namespace sluice::gitops
