<%@ page contentType="text/plain; charset=utf-8" trimDirectiveWhitespaces="true" %>
<%
  Integer count = (Integer) session.getAttribute("count");
  count = count == null ? 1 : count + 1;
  session.setAttribute("count", count);
  String id = session.getId();
  int dot = id.lastIndexOf('.');
  out.print(count + " " + id + " " + (dot < 0 ? "-" : id.substring(dot + 1)) + "\n");
%>
