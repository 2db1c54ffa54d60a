// Paths and queries of the Kubernetes API.
#include "sandbox/request.h"

namespace sluice::sandbox {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text, bool plus_is_space) {
  std::string to;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      to.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      to.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      to.push_back(text[i]);
    }
  }
  return to;
}

template <class Visit>
void split(std::string_view text, char separator, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::string_view Target::option(std::string_view name) const {
  const auto at = query.find(name);
  return at == query.end() ? std::string_view() : at->second;
}

bool Target::flag(std::string_view name) const {
  const auto at = query.find(name);
  return at != query.end() && (at->second.empty() || at->second == "true" || at->second == "1");
}

Target parse_target(std::string_view text) {
  Target target;
  const std::size_t question = std::min(text.find('?'), text.size());
  split(text.substr(0, question), '/', [&](std::string_view part) { target.path.push_back(decode(part, false)); });
  if (question == text.size()) return target;
  split(text.substr(question + 1), '&', [&](std::string_view part) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view value = equals == part.size() ? std::string_view() : part.substr(equals + 1);
    target.query[decode(part.substr(0, equals), true)] = decode(value, true);
  });
  return target;
}

Place place_of(const std::vector<std::string>& path) {
  Place place;
  std::size_t at = 0;
  if (path.size() >= 3 && path[0] == "api") {
    place.version = path[1];
    at = 2;
  } else if (path.size() >= 4 && path[0] == "apis") {
    place.group = path[1];
    place.version = path[2];
    at = 3;
  } else {
    return place;
  }
  place.is_resource = true;
  // /namespaces/<name> and its own subresources are the Namespace itself.
  const std::size_t left = path.size() - at;
  const bool of_namespace = path[at] == "namespaces" && place.group.empty() &&
                            (left <= 2 || (left == 3 && (path[at + 2] == "status" || path[at + 2] == "finalize")));
  if (path[at] == "namespaces" && !of_namespace && left >= 3) {
    place.ns = path[at + 1];
    at += 2;
  }
  place.resource = path[at];
  if (path.size() > at + 1) place.name = path[at + 1];
  if (path.size() > at + 2) place.subresource = path[at + 2];
  return place;
}

std::string Request::manager() const {
  const std::string_view named = target.option("fieldManager");
  if (!named.empty()) return std::string(named);
  return agent.empty() ? user : agent.substr(0, agent.find('/'));
}

}  // namespace sluice::sandbox
